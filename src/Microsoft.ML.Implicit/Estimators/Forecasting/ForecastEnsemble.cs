using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.LatentOde.Managed;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Frozen networks whose predictions are averaged, evaluated in managed memory where they can be. Safe to use from several threads at once.</summary>
internal sealed class ForecastEnsemble : IDisposable
{
    private readonly LatentNetwork[] _networks;
    private readonly LatentArchitecture _architecture;
    private readonly SeriesScaling _scaling;
    private Device _device;
    private ForecastBatchBuilder _builder;
    private ManagedLatentOde[]? _managed;

    /// <param name="networks">At least one, on the device; the ensemble owns them.</param>
    /// <param name="architecture">What they have in common.</param>
    /// <param name="scaling">Their units.</param>
    /// <param name="device">Where they are.</param>
    public ForecastEnsemble(LatentNetwork[] networks, LatentArchitecture architecture, SeriesScaling scaling, Device device)
    {
        (_networks, _architecture, _scaling) = (networks, architecture, scaling);
        Place(device);
    }

    public IReadOnlyList<LatentNetwork> Networks => _networks;

    /// <summary>Builds batches where the networks are.</summary>
    public ForecastBatchBuilder Builder => _builder;

    /// <summary>Whether series are forecast without tensor operations.</summary>
    public bool IsManaged => _managed is not null;

    /// <summary>Moves the networks to another device.</summary>
    public void MoveTo(Device device)
    {
        foreach (LatentNetwork network in _networks)
        {
            network.to(device);
            network.FreezeState();
        }

        Place(device);
    }

    /// <summary>Lets the encoders take in a state's last observation.</summary>
    /// <param name="state">The state.</param>
    /// <param name="gap">Time since the observation before.</param>
    public void Encode(ForecastState state, double gap)
    {
        if (_managed is null)
        {
            EncodeByTensors(state, gap);
            return;
        }

        for (int i = 0; i < _managed.Length; i++)
        {
            _managed[i].Encode(state.EncoderStates[i], state.LastFeatures);
        }
    }

    /// <summary>Means and scales of examples' targets, each [examples, targets, variables].</summary>
    /// <param name="examples">The examples.</param>
    /// <param name="state">The encoders' states of the one example's history, or <see langword="null"/> to read the histories.</param>
    public (float[] Means, float[] Scales) Predict(ForecastExample[] examples, ForecastState? state)
    {
        if (_managed is null)
        {
            return PredictByTensors(examples, state);
        }

        LatentOdeInputs inputs = _builder.BuildInputs(examples);
        float[] means = new float[inputs.Count * inputs.TargetCount * _scaling.Variables.Length], scales = new float[means.Length];
        for (int i = 0; i < _managed.Length; i++)
        {
            _managed[i].Predict(inputs, state?.EncoderStates[i], means, scales);
        }

        TensorPrimitives.Divide(means, _managed.Length, means);
        TensorPrimitives.Divide(scales, _managed.Length, scales);
        return (means, scales);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        Array.ForEach(_networks, network => network.Dispose());
    }

    private void EncodeByTensors(ForecastState state, double gap)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor features = NativeTensor.Of(state.LastFeatures, [1, state.LastFeatures.Length], _device);
        for (int i = 0; i < _networks.Length; i++)
        {
            float[] numbers = state.EncoderStates[i];
            Tensor next = _networks[i].Encoder.Step(NativeTensor.Of(numbers, [1, numbers.Length], _device), features, full([1, 1], ((float)(gap / _scaling.MedianGap)).Held(), device: _device));
            next.cpu().contiguous().data<float>().CopyTo(numbers);
        }
    }

    private (float[] Means, float[] Scales) PredictByTensors(ForecastExample[] examples, ForecastState? state)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        ForecastBatch batch = _builder.Build(examples);
        (Tensor Mean, Tensor Scale)[] predictions = [.. _networks.Select((network, i) =>
        {
            float[]? numbers = state?.EncoderStates[i];
            Tensor encoded = numbers is null ? ForecastPrediction.Encode(network, batch) : NativeTensor.Of(numbers, [1, numbers.Length], _device);
            return ForecastPrediction.Of(network, batch, encoded, CancellationToken.None);
        })];
        return (stack(predictions.Select(p => p.Mean)).mean([0]).cpu().ReadSingles(), stack(predictions.Select(p => p.Scale)).mean([0]).cpu().ReadSingles());
    }

    [MemberNotNull(nameof(_device), nameof(_builder))]
    private void Place(Device device)
    {
        _device = device;
        _builder = new ForecastBatchBuilder(_scaling, _architecture.Settings.Anchor, _architecture.Settings.SolverSteps, device);
        Release();
        ManagedLatentOde[] managed = [.. _networks.Select(network => network.CreateManaged()).OfType<ManagedLatentOde>()];
        _managed = managed.Length == _networks.Length ? managed : null;
    }

    private void Release()
    {
        Array.ForEach(_managed ?? [], network => network.Dispose());
        _managed = null;
    }
}
