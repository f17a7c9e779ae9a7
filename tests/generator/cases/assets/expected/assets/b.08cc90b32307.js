export const b=()=> import("./main.4a9f45ab39a2.js");
