"""The API: system (records as they are), process (acts), experience (what the screens show)."""
