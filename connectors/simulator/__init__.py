"""Loopback stand-ins of Salesforce, HubSpot and Zendesk over a generated portfolio."""
