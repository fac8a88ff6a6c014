using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Satisfiability;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Satisfiability;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of clauses: cross entropy of the bits that are unknown to the layer and known to the data.</summary>
internal sealed class SatisfiabilityProblem : ITrainingProblem, IDisposable
{
    private const long ValidatedAtOnce = 256;

    // Keeps a bit that is surely wrong from drowning all others.
    private const double SmallestProbability = 1e-3;

    private readonly MaximumSatisfiability _layer;
    private readonly BitSet _training;
    private readonly BitSet? _validation;
    private readonly MaximumSatisfiabilityOptions _options;
    private readonly Device _device;
    private readonly CancellationToken _cancellation;
    private readonly Generator _masks;

    // Of the solves since they were last asked for, where they are solved.
    private readonly Tensor _sweeps;
    private long _solves;

    /// <summary>Creates the problem; its tensors belong to the current dispose scope.</summary>
    public SatisfiabilityProblem(
        MaximumSatisfiability layer, BitSet training, BitSet? validation, MaximumSatisfiabilityOptions options, int seed, Device device, CancellationToken cancellation)
    {
        (_layer, _options, _device, _cancellation) = (layer, options, device, cancellation);
        _masks = new Generator((ulong)seed, CPU);
        _training = training;
        _sweeps = zeros([], ScalarType.Float64, device);

        // The same bits are hidden after every epoch.
        _validation = validation is null ? null : Hide(validation).To(device);
    }

    public nn.Module Module => _layer;

    public long ExampleCount => _training.Count;

    public double TakeSolverIterations()
    {
        double mean = _sweeps.ReadDouble() / Math.Max(_solves, 1);
        _sweeps.zero_();
        _solves = 0;
        return mean;
    }

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        (Tensor loss, Tensor count) = Losses(Hide(_training.Select(examples)).To(_device));
        Tensor mean = loss / count.clamp_min(1.Held());
        ImplicitBackward.Run(() => mean.backward());
        return mean.detach();
    }

    public Tensor? Validate() => _validation is null
        ? null
        : ExampleBatches.Mean(_validation.Count, ValidatedAtOnce, _device, rows => Losses(_validation.Select(rows)), _cancellation);

    /// <summary>Rows with bits that are hidden, on the device: validation rows, or training rows where there are none.</summary>
    public BitSet HeldRows() => _validation ?? Hide(_training.Select(HeldArithmetic.Range(0, Math.Min(_training.Count, RefinementChoice.MostRows), CPU))).To(_device);

    public void WriteState(BinaryWriter writer) => GeneratorState.Write(writer, _masks);

    public void ReadState(BinaryReader reader) => GeneratorState.Read(reader, _masks);

    public void Dispose() => _masks.Dispose();

    // Each row keeps a fraction of its bits that is drawn anew.
    private BitSet Hide(BitSet rows)
    {
        if (_options.KnownColumnName is not null)
        {
            return rows;
        }

        double range = _options.MaximumKnownFraction - _options.MinimumKnownFraction;
        Tensor fraction = (rand([rows.Count, 1], generator: _masks) * range.Held()).Plus(_options.MinimumKnownFraction.Held());
        return rows with { IsKnown = rows.IsKnown.logical_and(rand(rows.Bits.shape, generator: _masks).lt(fraction)) };
    }

    // The weighted sum of losses of bits, and the sum of their weights.
    private (Tensor Loss, Tensor Count) Losses(BitSet rows)
    {
        (Tensor probabilities, _, MixingOutcome outcome) = _layer.Complete(rows.Bits, rows.IsKnown, _cancellation);
        _sweeps.PlusInPlace(outcome.Readings.select(1, 0).max());
        _solves++;
        Tensor isAsked = rows.IsKnown.logical_or(rows.Bits.isnan()).logical_not();
        Tensor weights = isAsked.to(ScalarType.Float32) * rows.Weights.unsqueeze(1);
        Tensor labels = where(isAsked, rows.Bits, zeros_like(rows.Bits));
        Tensor probability = (probabilities * (1 - (2 * SmallestProbability)).Held()).Plus(SmallestProbability.Held());
        Tensor entropy = (labels * probability.log()).Plus(1.Held().Minus(labels) * 1.Held().Minus(probability).log()).neg();
        return ((entropy * weights).sum(), weights.sum());
    }
}
