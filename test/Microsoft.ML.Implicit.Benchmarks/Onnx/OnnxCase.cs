using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Benchmarks.Compare;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Onnx;

/// <summary>A model that reads one vector of 8 numbers, scored by the library and by ONNX Runtime.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Output">Column that is compared.</param>
/// <param name="Fit">Trains it.</param>
internal sealed record OnnxCase(string Name, string Output, Func<MLContext, IDataView, ITransformer> Fit)
{
    private const int Width = 8;
    private const int TrainingRows = 1000;
    private static readonly int[] Sizes = [1, 1000];

    public static IEnumerable<OnnxCase> All() =>
    [
        new("deep equilibrium", "Score", (ml, data) => ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { EnsembleSize = 1, Training = { MaximumEpochs = 10 } }).Fit(data)),
        new("neural ODE", "Score", (ml, data) => ml.Regression.Trainers.NeuralOde(new NeuralOdeOptions { EnsembleSize = 1, Training = { MaximumEpochs = 10 } }).Fit(data)),
        new("normalizing flow", "Score", (ml, data) => ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions { Training = { MaximumEpochs = 10 } }).Fit(data)),
        new("quadratic program", "Solution", (ml, data) => ml.Transforms.QuadraticProgram(
            "Solution", "Features", q: 1, a: new double[,] { { 1, 1, 1, 1, 1, 1, 1, 1 } }, b: 1, lowerBounds: 0, upperBounds: 0.5).Fit(data)),
    ];

    public IEnumerable<OnnxTiming> Run(int threads)
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        Row[] rows = [.. Enumerable.Range(0, TrainingRows).Select(_ => Row.Draw(random))];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        ITransformer model = Fit(ml, data);
        using var file = new MemoryStream();
        ml.Model.ConvertToOnnx(model, data, file, Output);
        using var options = new SessionOptions { IntraOpNumThreads = threads };
        using var session = new InferenceSession(file.ToArray(), options);
        foreach (int size in Sizes)
        {
            IDataView batch = ml.Data.Cache(ml.Data.LoadFromEnumerable(rows[..size]));
            NamedOnnxValue[] inputs =
            [
                NamedOnnxValue.CreateFromTensor(nameof(Row.Features), new DenseTensor<float>(rows[..size].SelectMany(row => row.Features).ToArray(), [size, Width])),
                NamedOnnxValue.CreateFromTensor(nameof(Row.Label), new DenseTensor<float>([size, 1])),
            ];
            double library = Stopwatching.MedianMilliseconds(() => Library(model.Transform(batch)), CPU, 30);
            double runtime = Stopwatching.MedianMilliseconds(() => Runtime(session, inputs), CPU, 30);
            double difference = Library(model.Transform(batch)).Zip(Runtime(session, inputs), (a, b) => Math.Abs(a - b)).Max();
            yield return new OnnxTiming(file.Length, size, library, runtime, difference);
        }
    }

    private float[] Library(IDataView scored) => scored.Schema[Output].Type is VectorDataViewType
        ? [.. scored.GetColumn<float[]>(Output).SelectMany(row => row)]
        : [.. scored.GetColumn<float>(Output)];

    private float[] Runtime(InferenceSession session, NamedOnnxValue[] inputs)
    {
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run(inputs, [$"{Output}.output"]);
        return [.. outputs[0].AsEnumerable<float>()];
    }

    private sealed class Row
    {
        [VectorType(Width)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public static Row Draw(Random random)
        {
            float[] features = [.. Enumerable.Range(0, Width).Select(_ => (float)(random.NextDouble() + random.NextDouble() - 1))];
            return new Row { Features = features, Label = (features[0] * features[1]) + features[2] };
        }
    }
}
