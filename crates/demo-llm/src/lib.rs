//! Scripted model server: Anthropic Messages (SSE) and OpenAI wire formats.
