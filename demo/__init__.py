"""The page: a Gradio app over `dgm`."""
