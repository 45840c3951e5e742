"""Run the tool: `python -m tools.people FILE`."""

from tools.people import main

main()
