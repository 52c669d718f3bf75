"""The station: a process that faces the plant, writes its record, and answers the desk."""
