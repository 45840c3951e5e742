"""The contract: the OpenAPI document, made from the models that read and answer."""
