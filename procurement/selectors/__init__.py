"""Reads of procurement, each scoped to what the actor may see."""
