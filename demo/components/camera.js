// The camera of the visitor.
import t from "../text/camera.words.js";
import { h } from "./base.js";

// What went wrong, by what the browser calls it.
const REASONS = { NotAllowedError: "refused", NotFoundError: "not-found" };

/** The camera, shown in a video element; `start` throws in words for the visitor. */
export function createCamera(video) {
  let stream = null;
  let facing = "environment";

  async function start() {
    stop();
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error(t("unsupported"));
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: facing, width: { ideal: 640 } },
      });
    } catch (error) {
      throw new Error(t(REASONS[error.name] ?? "in-use"), { cause: error });
    }
    video.srcObject = stream;
    video.classList.toggle("dg-mirrored", facing === "user");
    await video.play();
  }

  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
  }

  return {
    start,
    stop,
    isOn: () => stream !== null && video.videoWidth > 0,
    turn() {
      facing = facing === "user" ? "environment" : "user";
      return start();
    },
    /** The middle square of the present picture, as a data URL. */
    take() {
      const side = Math.min(video.videoWidth, video.videoHeight);
      const canvas = h("canvas", { width: 256, height: 256 });
      const left = (video.videoWidth - side) / 2;
      const top = (video.videoHeight - side) / 2;
      canvas.getContext("2d").drawImage(video, left, top, side, side, 0, 0, 256, 256);
      return canvas.toDataURL("image/jpeg", 0.9);
    },
  };
}
