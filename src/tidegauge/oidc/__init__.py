"""Who somebody is, as a provider of identities says it (OpenID Connect, authorization code flow).

`settings` names the provider, `provider` asks it, `id_token` checks what it signed, `person` reads
who that is, and `sign_in` goes the whole way.  Who may do what is not decided here.
"""
