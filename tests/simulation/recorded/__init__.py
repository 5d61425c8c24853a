"""A week of reports, recorded in a world of which it is known what was really down."""
