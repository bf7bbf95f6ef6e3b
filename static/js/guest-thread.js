// All that a guest's page of a conversation loads. Collected, it is one file.
import "./banner.js";
import "./app.js";
import "./times.js";
import "./glass.js";
import "./thread.js";
import "./composer.js";
import "./answers.js";
import "./locate.js";
import "./unseen.js";
