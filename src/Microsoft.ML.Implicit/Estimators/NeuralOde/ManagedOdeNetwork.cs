using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A frozen <see cref="NeuralOdeNetwork"/> with a dense field in managed memory.</summary>
internal sealed unsafe class ManagedOdeNetwork : ManagedNetwork
{
    private const int UsualEvaluations = 12;
    private const long LargestEmbedding = 1 << 20;

    private readonly NeuralOdeArchitecture _architecture;

    private ManagedOdeNetwork(NeuralOdeArchitecture architecture, MlpDynamics dynamics, CodedAffine start, PanelAffine head)
    {
        _architecture = architecture;
        Start = start;
        Head = head;
        Layers = [.. dynamics.Layers.Select(layer => new PanelAffine(layer.Weight, layer.Bias))];
        TimeWeight = new AlignedBuffer(Layers[0].Stride);
        dynamics.TimeWeight!.ReadSingles().CopyTo(new Span<float>(TimeWeight.Pointer, Layers[0].Stride));
        Dimension = (int)dynamics.Dimension;
    }

    /// <summary>Coordinates of a state.</summary>
    public int Dimension { get; }

    /// <summary>From an encoded row to the state at time 0.</summary>
    public CodedAffine Start { get; }

    /// <summary>x W + b of each layer of f.</summary>
    public PanelAffine[] Layers { get; }

    /// <summary>What is added in the first layer times the time.</summary>
    public AlignedBuffer TimeWeight { get; }

    public override PanelAffine Head { get; }

    public override int OutputWidth => _architecture.OutputWidth;

    public override long Work => Start.Work + (UsualEvaluations * Layers.Sum(layer => layer.Work)) + Head.Work;

    /// <summary>Relative and absolute tolerance.</summary>
    public double Tolerance => _architecture.Tolerance;

    /// <summary>Tells whether a field is best evaluated here.</summary>
    public static bool Suits(DenseField field, int inputWidth) =>
        ManagedDynamics.Suits(field.Perceptron.Parameters[0], field.Perceptron.Parameters) && (long)inputWidth * field.FeatureWidth <= LargestEmbedding;

    /// <summary>Copies a network.</summary>
    /// <param name="architecture">Sizes and solver.</param>
    /// <param name="field">The field.</param>
    /// <param name="inputWidth">Length of an encoded row.</param>
    /// <param name="code">How encoded rows will be given.</param>
    /// <param name="headWeight">Weight of the head.</param>
    /// <param name="headBias">Bias of the head.</param>
    public static ManagedOdeNetwork Create(NeuralOdeArchitecture architecture, DenseField field, int inputWidth, InputCode code, Tensor headWeight, Tensor headBias)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        (Tensor weight, Tensor bias) = field.Start(inputWidth);
        (float[] coded, float[] offset) = code.Recode(weight.ReadSingles(), bias.ReadSingles());
        return new ManagedOdeNetwork(architecture, field.Perceptron, new CodedAffine(coded, offset, code.LeadingWidth), new PanelAffine(headWeight, headBias));
    }

    public override ManagedSolver CreateSolver(int capacity) => new ManagedOdeSolver(this, _architecture.Method, _architecture.StepControl, _architecture.MaximumSteps, capacity);

    /// <inheritdoc/>
    public override void Dispose()
    {
        Start.Dispose();
        Head.Dispose();
        TimeWeight.Dispose();
        Array.ForEach(Layers, layer => layer.Dispose());
    }
}
