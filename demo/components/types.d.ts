// What the scripts of the page are given, for the checks of their types (`npm run check`).

/** What `demo/catalog.py` tells of models, data sets and training runs. */
declare namespace Catalog {
  interface Model {
    name: string;
    recipe: string;
    title: string;
    note: string;
    /** Of classifying; the default first. */
    methods: string[];
    shipped: boolean;
    /** By method, of the test pictures. */
    accuracy: Record<string, number>;
    explained_methods: string[];
    has_ood_score: boolean;
    has_features: boolean;
    has_likelihood: boolean;
    has_counterfactuals: boolean;
    generates: boolean;
    has_encoder: boolean;
    factors: Record<string, number | null>;
    latent_dim: number;
    conditional: boolean;
    figures: Record<string, number>;
    images: number;
    minutes: number;
  }

  interface DataSet {
    key: string;
    title: string;
    subject: string;
    channels: number;
    /** What is done to a picture, so that it looks like one of them. */
    fitting: "cropped" | "centred" | "counted" | "trimmed";
    /** What one draws by hand, such as "digit"; "" where nothing is known. */
    drawn: string;
    strokes: "lines" | "filled";
    classes: string[];
    /** In which one sees best whether pictures vary. */
    varied_class: string;
    models: Model[];
    examples: { name: string; title: string; url: string }[];
  }

  interface Run {
    name: string;
    title: string;
    dataset: string;
    dataset_title: string;
    classes: string[];
    conditional: boolean;
    shipped: boolean;
    /** At which it drew samples. */
    steps: number[];
  }

  interface Found {
    datasets: DataSet[];
    runs: Run[];
    /** How many are shown side by side. */
    max_models?: number;
    corruptions?: Record<string, number>;
  }
}

/** What `demo/tabs/train/__init__.py` tells of a training that a visitor runs. */
declare namespace Training {
  type Value = number | string | boolean;

  interface Setting {
    name: string;
    value: Value;
    /** Of a text. */
    choices?: string[];
    /** Of a number. */
    low?: number;
    high?: number;
    is_whole?: boolean;
  }

  /** Pictures in a row, and what D says of each. */
  interface Judged {
    grid: string;
    labels: number[];
    logits: number[];
    /** Of each picture, its pixels row by row, from -100 to 100; where they were asked for. */
    wishes?: number[][];
  }

  interface Status {
    /** Why there is no such training; then nothing else is told. */
    is_gone?: string;
    place: number;
    is_ready: boolean;
    is_over: boolean;
    error: string;
    refusal: string;
    is_playing: boolean;
    step: number;
    images: number;
    seconds: number;
    dataset: string;
    recipe: string;
    is_conditional: boolean;
    players: string[];
    is_critic: boolean;
    settings: Setting[];
    records: Record<string, number>[];
    changes: number[];
    frames: number[];
    variety?: number;
    real_variety?: number;
    grid?: string;
    real?: Judged;
    drawn?: Judged;
  }
}

/** The parts of a markup by the name in their data-ref; an element of any kind. */
type Parts = Record<string, any>;

/** The server functions of a part of the page. */
type Server = Record<string, (request: object) => Promise<any>>;

/** Brings a file to the server. */
type Upload = (file: File) => Promise<{ path: string }>;

interface Window {
  gradio_config: { root: string };
}

interface DocumentEventMap {
  "dgm:open": CustomEvent<{
    files: string[];
    element: HTMLElement;
    server: Server;
    upload: Upload;
  }>;
}
