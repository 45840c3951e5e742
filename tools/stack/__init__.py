"""The stack of template.yaml on this machine: the built artifact in Lambda's emulator, moto for AWS, and a gateway."""
