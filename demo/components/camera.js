// The camera of the visitor.
import { h } from "./base.js";
/** The camera, shown in a video element; `start` throws in words for the visitor. */
export function createCamera(video) {
  let stream = null;
  let facing = "environment";

  async function start() {
    stop();
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("This browser gives no camera here: it wants an https address or localhost.");
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: facing, width: { ideal: 640 } },
      });
    } catch (error) {
      const reasons = {
        NotAllowedError: "The camera was refused. Allow it beside the address, then try again.",
        NotFoundError: "No camera was found. Choose a file or draw instead.",
      };
      const words = reasons[error.name] ?? "The camera cannot be used; another program may be.";
      throw new Error(words, { cause: error });
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
