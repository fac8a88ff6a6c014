using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What networks give for series that none of them was trained on, to compare them by and to find how sure of themselves they may be.</summary>
/// <param name="task">What is predicted.</param>
/// <param name="series">The series.</param>
/// <param name="device">Where outputs are.</param>
internal sealed class HeldOutSeries(PredictionTask task, EncodedChannels[] series, Device device)
{
    private readonly Tensor _labels = SeriesBatches.Labels(series, device);
    private readonly Tensor _weights = SeriesBatches.Weights(series, device);
    private readonly List<Tensor> _outputs = [];

    public bool Any => series.Length > 0;

    /// <summary>Adds the outputs of the next network.</summary>
    /// <param name="outputs">[series, outputs].</param>
    public void Add(Tensor outputs) => _outputs.Add(outputs);

    /// <summary>Whether one network does better than another by more than the standard error of the difference.</summary>
    public bool IsBetter(int network, int other)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor gains = (Losses(_outputs[other]) - Losses(_outputs[network])).to(ScalarType.Float64);
        double mean = gains.mean().item<double>(), squares = gains.Squared().mean().item<double>();
        return mean > Math.Sqrt(Math.Max(0, squares - (mean * mean)) / series.Length);
    }

    /// <summary>The factor of the outputs of networks with which the mean of their predictions suits the series.</summary>
    public double ConfidenceFactorOf(IEnumerable<int> networks)
    {
        if (!task.HasConfidence)
        {
            return 1;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor outputs = stack(networks.Select(network => _outputs[network]), 1);
        return ConfidenceFactor.Find(series.Length, factor =>
        {
            using DisposeScope trial = NewDisposeScope();
            return Losses(task.Average(outputs * factor.Held())).mean().ReadDouble();
        });
    }

    private Tensor Losses(Tensor outputs) => task.WeightedLosses(outputs, _labels, _weights);
}
