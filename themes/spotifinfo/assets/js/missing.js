// Names the address that does not exist.

document.querySelector("[data-asked]").textContent = location.pathname;
