using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow.Managed;

/// <summary>
/// <see cref="PerceptronDynamics"/> with fixed weights in managed memory, for rows in float32 with the closed form of the trace: the weights of what
/// <see cref="ManagedFlowRows"/> evaluates. Safe to use from several threads at once.
/// </summary>
internal sealed unsafe class ManagedPerceptronFlow : IDisposable
{
    /// <param name="dynamics">Dynamics that are <see cref="Suits">suited</see>.</param>
    public ManagedPerceptronFlow(PerceptronDynamics dynamics)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        PerceptronLayer first = dynamics.Layers[0];
        (Dimension, Activation) = ((int)dynamics.Dimension, dynamics.Activation);
        Layers = [.. dynamics.Layers.Select(layer => new PanelAffine(layer.Weight, layer.Bias))];
        TimeWeight = new AlignedBuffer(Layers[0].Stride);
        first.TimeWeight?.ReadSingles().CopyTo(new Span<float>(TimeWeight.Pointer, Layers[0].Stride));
        Context = first.ContextWeight is null ? null : new PanelAffine(first.ContextWeight, first.Bias);
        using var trace = new TraceForm([.. dynamics.Layers.Select(layer => (Tensor)layer.Weight)]);
        Trace = new PanelAffine(trace.Form);
    }

    /// <summary>Coordinates of a row.</summary>
    public int Dimension { get; }

    public DynamicsActivation Activation { get; }

    /// <summary>x W + b of each layer.</summary>
    public PanelAffine[] Layers { get; }

    /// <summary>w, which is added in the first layer times the time; zero where the dynamics do not depend on it.</summary>
    public AlignedBuffer TimeWeight { get; }

    /// <summary>y V + b of the first layer, where there is a context y.</summary>
    public PanelAffine? Context { get; }

    /// <summary>d M of the <see cref="TraceForm"/>.</summary>
    public PanelAffine Trace { get; }

    /// <summary>Multiplications of one evaluation of one row.</summary>
    public long Work => Layers.Sum(layer => layer.Work) + Trace.Work;

    /// <summary>Tells whether dynamics can be, and are best, evaluated here.</summary>
    public static bool Suits(PerceptronDynamics dynamics) =>
        !dynamics.HasGates
        && TraceForm.Supports(dynamics.Layers.Count)
        && ManagedDynamics.Suits(dynamics.Parameters[0], dynamics.Parameters);

    /// <inheritdoc/>
    public void Dispose()
    {
        TimeWeight.Dispose();
        foreach (PanelAffine? map in (PanelAffine?[])[.. Layers, Context, Trace])
        {
            map?.Dispose();
        }
    }
}
