// Names the address that does not exist.

const place = document.querySelector("[data-asked]");
place.textContent = location.pathname;
place.parentElement.hidden = false;
