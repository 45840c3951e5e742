"""The API contract: the OpenAPI document, generated from the models of requests and answers."""
