// All that a guest's list of conversations loads. Collected, it is one file.
import "./banner.js";
import "./app.js";
import "./times.js";
import "./glass.js";
import "./inbox.js";
import "./stops.js";
import "./taps.js";
import "./map.js";
