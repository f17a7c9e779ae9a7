// The spans of time that Spotify computes top lists for. The third is about a year by now, so
// it is not called "all time".

const TERMS = { "4-weeks": "short_term", "6-months": "medium_term", year: "long_term" };

/** A range as it stands in the address; the middle one where it is none. */
export function rangeOf(name) {
  return Object.hasOwn(TERMS, name ?? "") ? name : "6-months";
}

/** The Web API's path for a list. */
export function topPath(kind, range) {
  return `/v1/me/top/${kind}?time_range=${TERMS[rangeOf(range)]}&limit=50`;
}
