// The provider that tests sign in with: `oidc-provider` with people and keys of its own.
//
// node provider.js '{"home": "http://127.0.0.1:1", "secret": "…", "people": {"ada": {…}}}'
// writes its address as a line, and runs until it is ended.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const { home, secret, people } = JSON.parse(process.argv[2]);
const KINDS = {
  RS256: ["rsa", { modulusLength: 2048 }],
  PS256: ["rsa", { modulusLength: 2048 }],
  ES256: ["ec", { namedCurve: "P-256" }],
  EdDSA: ["ed25519", {}],
};
const ALGORITHMS = Object.keys(KINDS);

const key = (alg) => {
  const { privateKey } = generateKeyPairSync(...KINDS[alg]);
  return { ...privateKey.export({ format: "jwk" }), alg, use: "sig", kid: `key-${alg}` };
};

const client = (alg) => ({
  client_id: `tidegauge-${alg}`,
  client_secret: secret,
  id_token_signed_response_alg: alg,
  redirect_uris: [`${home}/api/v1/session/provider/return`],
  post_logout_redirect_uris: [`${home}/`],
});

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: ALGORITHMS.map(client),
    jwks: { keys: ALGORITHMS.map(key) },
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
    cookies: { keys: ["of these tests only"] },
    scopes: ["openid", "email", "profile", "groups"],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name"],
      groups: ["groups"],
    },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, ...people[id] }),
    }),
    pkce: { required: () => true },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
