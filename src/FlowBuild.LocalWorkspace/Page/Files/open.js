// Keeps what the page must send with every call, then goes there. Browsers keep it for this very address and port.
localStorage.setItem('flowbuild-page', document.querySelector('meta[name="flowbuild-page"]').content);
location.replace('/' + location.hash);
