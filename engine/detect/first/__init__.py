"""The first tier: every entity type that has a form, looked for in whole blocks of text at once; candidates are checked after."""
