/* What a page needs first is asked for while its scripts are still on their way.  The page takes the
 * answers from here, each once: see src/api/client.ts. */
(() => {
  const early = new Map();
  window.early = early;

  const ask = (path) => {
    const answer = fetch(path);
    early.set(path, answer);
    // Who takes it sees why it failed.
    answer.catch(() => {});
    return answer;
  };

  const needed = (path) => {
    if (path === "/") return ["/api/v1/fleet"];
    const model = /^\/models\/([^/]+)/.exec(path)?.[1];
    if (!model) return [];
    const of = `/api/v1/models/${model}`;
    return [of, `${of}/versions`, `${of}/segments`, `/api/v1/fleet?model=${model}`];
  };

  // Who has not logged in is asked to, and the server for nothing else.
  ask("/api/v1/session")
    .then((answer) => answer.clone().json())
    .then((session) => session && needed(window.location.pathname).forEach(ask))
    .catch(() => {});
})();
