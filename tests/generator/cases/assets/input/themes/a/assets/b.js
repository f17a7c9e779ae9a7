export const b = () => import("./main.js");
