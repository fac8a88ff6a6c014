using System.Buffers;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained deep-equilibrium model: one network, or several whose predictions are averaged. Safe to use from several threads at once.</summary>
public sealed partial class DeepEquilibriumModelParameters : ImplicitModelParameters
{
    private readonly DeepEquilibriumArchitecture _architecture;
    private readonly EquilibriumEnsemble _ensemble;
    private ManagedEnsemble? _managed;
    private Device _device;

    internal DeepEquilibriumModelParameters(DeepEquilibriumArchitecture architecture, EquilibriumEnsemble ensemble, PredictionTask task, Device device)
    {
        _architecture = architecture;
        _ensemble = ensemble;
        _device = device;
        _managed = ensemble.CreateManaged();
        Task = task;
    }

    /// <summary>Length of the feature vector.</summary>
    public int FeatureCount => _architecture.FeatureCount;

    /// <summary>Width of the hidden state.</summary>
    public int HiddenWidth => _architecture.HiddenWidth;

    /// <summary>Number of networks whose predictions are averaged.</summary>
    public int EnsembleSize => _architecture.EnsembleSize;

    /// <inheritdoc/>
    public override long ParameterCount => _ensemble.parameters().Sum(parameter => parameter.numel());

    internal PredictionTask Task { get; }

    internal DeepEquilibriumArchitecture Architecture => _architecture;

    internal EquilibriumEnsemble Ensemble => _ensemble;

    private protected override IEnumerable<nn.Module> Modules => [_ensemble];

    private protected override FormattableString Description =>
        $"Deep-equilibrium model: {Task.Description} from {FeatureCount} features, {EnsembleSize} {(EnsembleSize == 1 ? "network" : "networks")} of hidden width {HiddenWidth}.";

    /// <summary>Whether rows are scored without tensor operations.</summary>
    internal bool IsManaged => _managed is not null;

    /// <summary>Shape of the images that feature vectors hold, or <see langword="null"/> where they hold none.</summary>
    internal ImageShape? Image => _architecture.Cell == EquilibriumCellKind.MultiscaleConvolutional ? _architecture.Image : null;

    /// <inheritdoc/>
    public override void Dispose()
    {
        _managed?.Dispose();
        _ensemble.Dispose();
    }

    /// <summary>Scores rows.</summary>
    /// <param name="rows">Finite features, <see cref="FeatureCount"/> a row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="scores">Receives [rows, outputs], row by row.</param>
    internal void Score(VBuffer<float>[] rows, int count, float[] scores)
    {
        int width = Task.OutputWidth;
        int stride = EnsembleSize * width;
        float[] outputs = ArrayPool<float>.Shared.Rent(count * stride);
        if (_managed is not null)
        {
            _managed.Evaluate(rows, count, outputs);
        }
        else
        {
            EvaluateTensors(rows.AsSpan(0, count), outputs);
        }

        for (int row = 0; row < count; row++)
        {
            Task.Score(outputs.AsSpan(row * stride, stride), scores.AsSpan(row * width, width));
        }

        ArrayPool<float>.Shared.Return(outputs);
    }

    internal override void MoveTo(Device device)
    {
        _managed?.Dispose();
        _managed = null;
        _ensemble.to(device);
        _ensemble.Freeze();
        _device = device;
        _managed = _ensemble.CreateManaged();
    }

    /// <summary>Evaluates all networks by tensor operations, as on other devices than the CPU.</summary>
    /// <param name="rows">Finite features.</param>
    /// <param name="outputs">Receives [rows, networks, outputs].</param>
    internal void EvaluateTensors(ReadOnlySpan<VBuffer<float>> rows, Span<float> outputs)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor features = _architecture.SlotCount > 0 ? FeatureTensor.Sparse(rows, FeatureCount) : FeatureTensor.Dense(rows, FeatureCount);
        _ensemble.Evaluate(features.to(_device)).cpu().data<float>().CopyTo(outputs);
    }

    /// <summary>A model of the same networks that shares nothing with this one.</summary>
    /// <param name="task">What the networks' outputs become.</param>
    internal DeepEquilibriumModelParameters WithTask(PredictionTask task)
    {
        EquilibriumEnsemble ensemble = _architecture.CreateEnsemble();
        _ensemble.CopyStateTo(ensemble);
        ensemble.to(_device);
        ensemble.Freeze();
        return new DeepEquilibriumModelParameters(_architecture, ensemble, task, _device) { Training = Training };
    }

    internal void Write(IHost host, DocumentWriter writer)
    {
        _architecture.Write(writer.Section("architecture"));
        Task.Write(host, writer.Section("task"));
        writer.Write("ensemble", _ensemble);
    }

    internal static DeepEquilibriumModelParameters Read(IHost host, DocumentReader reader)
    {
        DeepEquilibriumArchitecture architecture = DeepEquilibriumArchitecture.Read(reader.Section("architecture"));
        PredictionTask task = PredictionTaskFormat.Read(host, reader.Section("task"));
        if (task.OutputWidth != architecture.OutputWidth)
        {
            throw new FormatException("The model file describes a network that does not fit its task.");
        }

        EquilibriumEnsemble ensemble = architecture.CreateEnsemble();
        try
        {
            reader.Read("ensemble", ensemble, EquilibriumEnsemble.AddedNames);
            ensemble.CheckState();
            ensemble.Freeze();
            return new DeepEquilibriumModelParameters(architecture, ensemble, task, CPU);
        }
        catch
        {
            ensemble.Dispose();
            throw;
        }
    }
}
