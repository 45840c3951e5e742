"""Run the tool: `python -m tools.tables.people FILE`."""

from tools.tables.people import main

main()
