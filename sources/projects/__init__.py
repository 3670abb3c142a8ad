"""What a project is told to do: its configuration with bounds, and the presets that come with the product."""
