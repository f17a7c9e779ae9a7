import{b}from "./b.08cc90b32307.js";b();
