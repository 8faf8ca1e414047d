"""The domain of Ceilift: look, decide, act, prove. Knows nothing of Prefect."""
