using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains a density on the rows of a data view.</summary>
internal sealed class DensityTraining(IHost host, NormalizingFlowOptions options)
{
    private const int TargetSteps = 3000;
    private const double FlowMatchingRate = 2e-3;
    private const double LikelihoodRate = 1e-2;
    private const double LargestWeightDecay = 0.1;
    private const double RowsOfLargestWeightDecay = 1000;
    private const long RowsThatAffordValidation = 100;
    private const long RowsOfWhichATenthIsEnough = 1000;
    private const long RowsForThreshold = 10_000;

    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public NormalizingFlowModelParameters Train(IDataView trainData, IDataView? validationData)
    {
        Device device = NativeBackend.ResolveDevice(options.Training.Device);
        int seed = options.Training.Seed ?? host.Rand.Next();
        using IChannel channel = host.Start("Training");
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        FeatureLayout layout = FeatureLayout.Create(trainData.Schema[options.FeatureColumnName], options.ManifoldFeatures);
        RawRows rows = Read(trainData, layout, channel);
        RawRows? validation = validationData is null ? null : Read(validationData, layout, channel);
        if (validation is null)
        {
            (rows, validation) = HoldOut(rows, generator);
        }

        var architecture = new NormalizingFlowArchitecture(
            layout,
            (int)(rows.Context?.shape[1] ?? 0),
            options.HiddenWidth,
            options.HiddenLayers,
            options.Activation,
            options.Time);
        var network = new DensityNetwork(architecture, FlowOptions(), generator);
        try
        {
            WarnOfConstants(channel, trainData, network.Fit(rows.Features, rows.Context));
            network.ScaleToDetail(rows.Features.shape[0]);
            DensityTrainingSet training = Encode(network, rows).To(device);
            DensityTrainingSet? held = validation is null ? null : Encode(network, validation).To(device);
            network.to(device);
            Train(network, training, held, seed, generator, channel);
            network.Freeze();
            var model = new NormalizingFlowModelParameters(host, new DensityEvaluator(network, device), options.Tolerance);
            SetThreshold(model, rows);
            return model;
        }
        catch (SolveFailedException exception)
        {
            network.Dispose();
            throw new InvalidOperationException(
                $"The differential equation could not be solved in training: {exception.Message} Lower Training.LearningRate, or raise {nameof(options.KineticPenalty)} or {nameof(options.Smoothing)}.",
                exception);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private FlowOptions FlowOptions() => new()
    {
        Solver = new OdeOptions
        {
            StepControl = new PiStepControl { RelativeTolerance = options.TrainingTolerance, AbsoluteTolerance = options.TrainingTolerance, InitialStep = 0.5 },
            CancellationToken = options.Training.CancellationToken,
        },
        Trace = options.Trace,
        KineticPenalty = options.KineticPenalty,
        JacobianPenalty = options.JacobianPenalty,
    };

    private void Train(DensityNetwork network, DensityTrainingSet training, DensityTrainingSet? validation, int seed, Generator generator, IChannel channel)
    {
        // A prior weighs the less the more rows there are.
        double weightDecay = LargestWeightDecay * Math.Min(1, RowsOfLargestWeightDecay / training.Count);
        bool matches = options.Method == FlowTrainingMethod.FlowMatching;
        var defaults = new TrainingDefaults(TargetSteps, matches ? FlowMatchingRate : LikelihoodRate, weightDecay);
        TrainingPlan plan = TrainingPlan.Create(options.Training, defaults, training.Count, seed);
        ITrainingProblem problem = matches
            ? new FlowMatchingProblem(network, training, validation, options.Smoothing, generator)
            : new LikelihoodProblem(network, training, validation, options.Smoothing, generator, options.Training.CancellationToken);
        using var loop = new TrainingLoop(problem, plan, channel);
        loop.Run();
    }

    private RawRows Read(IDataView data, FeatureLayout layout, IChannel channel)
    {
        CancellationToken token = options.Training.CancellationToken;
        using TrainingSet features = new TrainingSetReader(options.FeatureColumnName, null, options.ExampleWeightColumnName).Read(data, channel, token);
        using TrainingSet? context = options.ContextColumnName is null ? null : new TrainingSetReader(options.ContextColumnName, null, null).Read(data, channel, token);

        CheckManifold(layout, features.Features);

        // The set's tensors belong to no dispose scope; their aliases belong to the current one.
        return new RawRows(features.Features.alias(), context?.Features.alias(), features.Weights?.alias());
    }

    // Rows are those of the data: none is left out in reading.
    private void CheckManifold(FeatureLayout layout, Tensor features)
    {
        for (int row = 0; row < features.shape[0] && layout.Spheres.Count > 0; row++)
        {
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(features.bytes).Slice(row * layout.Count, layout.Count);
            if (layout.FindFault(values) is { } fault)
            {
                throw new InvalidOperationException($"Column '{options.FeatureColumnName}', row {row}: {fault}.");
            }
        }
    }

    private (RawRows Training, RawRows? Validation) HoldOut(RawRows rows, Generator generator)
    {
        long count = rows.Features.shape[0];
        double fraction = options.Training.ValidationFraction ?? (count >= RowsOfWhichATenthIsEnough ? 0.1 : count >= RowsThatAffordValidation ? 0.2 : 0);
        long held = (long)Math.Round(fraction * count);
        if (held == 0 || held == count)
        {
            return (rows, null);
        }

        Tensor order = randperm(count, generator: generator);
        return (rows.Select(order.narrow(0, held, count - held)), rows.Select(order.narrow(0, 0, held)));
    }

    private static DensityTrainingSet Encode(DensityNetwork network, RawRows rows)
    {
        using IDisposable noGradient = no_grad();
        return new DensityTrainingSet(network.EncodeFeatures(rows.Features), network.EncodeContext(rows.Context), rows.Weights);
    }

    private void SetThreshold(NormalizingFlowModelParameters model, RawRows rows)
    {
        long count = Math.Min(rows.Features.shape[0], RowsForThreshold);
        double[] scores = new double[count];
        model.LogDensity(
            rows.Features.narrow(0, 0, count).contiguous().data<float>().ToArray(),
            scores,
            rows.Context is null ? default : rows.Context.narrow(0, 0, count).contiguous().data<float>().ToArray());
        Array.Sort(scores);
        double position = options.Contamination * (count - 1);
        int below = (int)position;
        double above = scores[Math.Min(below + 1, count - 1)];
        model.Threshold = (float)-(scores[below] + (position - below) * (above - scores[below]));
    }

    private void WarnOfConstants(IChannel channel, IDataView data, IReadOnlyList<int> constant)
    {
        if (constant.Count > 0)
        {
            int count = data.Schema[options.FeatureColumnName].Type is Microsoft.ML.Data.VectorDataViewType type ? type.Size : 0;
            channel.Warning($"{constant.Count} of {count} features in column '{options.FeatureColumnName}' are constant, the first in slot {constant[0]}: they are taken to have standard deviation {options.Smoothing} about their value.");
        }
    }

    private sealed record RawRows(Tensor Features, Tensor? Context, Tensor? Weights)
    {
        public RawRows Select(Tensor indices) =>
            new(Features.index_select(0, indices), Context?.index_select(0, indices), Weights?.index_select(0, indices));
    }
}
