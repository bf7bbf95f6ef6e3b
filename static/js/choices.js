// What somebody has chosen for this browser: sound, desktop notifications. Off until it is chosen.
// It belongs to the browser and not to the person, as do the permission and the loudspeaker.

const PREFIX = "notify:";
const here = new Map(); // where storage is refused, a choice lives as long as the page

export function choice(name) {
  try {
    return here.get(name) ?? localStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return "";
  }
}

// False when it lasts only as long as this page.
export function choose(name, value) {
  here.delete(name);
  try {
    localStorage.setItem(PREFIX + name, value);
    return true;
  } catch {
    here.set(name, value);
    return false;
  }
}
