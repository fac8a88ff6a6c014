using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields.Terms;

/// <summary>Diffusion, D Δu, with a coefficient D above 0, such as a viscosity or a conductivity.</summary>
/// <example><code>
/// var grid = new FieldGrid(GridAxis.Periodic(points: 64, length: 1));
/// var heat = new FieldDynamics(grid, DerivativeScheme.FourthOrder, new Diffusion(0.1));
/// var layer = new NeuralOde(heat, new OdeOptions { Method = OdeMethods.Kvaerno5 });
/// Tensor states = layer.forward(start, times);                // start [batch, 1, 64]
/// </code></example>
public sealed class Diffusion : FieldTerm
{
    // Of a fit's result, in the square of a spacing a time: what is smaller has no effect, and training could not raise it again.
    private const double Smallest = 1e-4;

    private readonly double _coefficient;
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly Parameter? logarithm;
#pragma warning restore IDE1006

    /// <summary>Creates the term.</summary>
    /// <param name="coefficient">D, in length² a time.</param>
    /// <param name="isLearned">Whether D is a parameter, that stays above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">D is not above 0.</exception>
    public Diffusion(double coefficient, bool isLearned = false)
        : base(nameof(Diffusion))
    {
        if (!(coefficient > 0) || !double.IsFinite(coefficient))
        {
            throw new ArgumentOutOfRangeException(nameof(coefficient), coefficient, "Diffusion needs a coefficient above 0: a field that gathers itself has no solution.");
        }

        _coefficient = coefficient;
        logarithm = isLearned ? new Parameter(LearnedNumbers.Create(Math.Log(coefficient))) : null;
        RegisterComponents();
    }

    /// <summary>D.</summary>
    public double Coefficient => logarithm is null ? _coefficient : Math.Exp(LearnedNumbers.Read(logarithm)[0]);

    /// <inheritdoc/>
    public override int HighestDerivative => 2;

    /// <inheritdoc/>
    public override Tensor forward(FieldState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        Tensor laplacian = state.Laplacian();
        return (logarithm is null ? laplacian * _coefficient.Held() : laplacian * logarithm.exp()).MoveToOuterDisposeScope();
    }

    internal override double SmallestWeight => Smallest;

    internal override IReadOnlyList<Tensor> Basis(FieldState state) => logarithm is null ? [] : [state.Laplacian()];

    internal override void SetWeights(ReadOnlySpan<double> weights) => LearnedNumbers.Write(logarithm!, Math.Log(Math.Max(weights[0], Smallest)));
}
