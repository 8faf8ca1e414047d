"""What touches the cloud: one module per concern, thin Prefect tasks."""
