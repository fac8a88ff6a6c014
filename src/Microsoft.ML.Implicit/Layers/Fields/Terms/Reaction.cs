using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields.Terms;

/// <summary>A source that depends on the field's value, the polynomial a₀ + a₁ u + a₂ u² + …, such as decay or logistic growth.</summary>
/// <example><code>
/// // Growth at the rate r up to 1, which spreads: the equation of Fisher, Kolmogorov, Petrovsky and Piskunov with r = 2.
/// var spreading = new FieldDynamics(grid, DerivativeScheme.SecondOrder, new Reaction([0, 2, -2]), new Diffusion(0.1));
/// </code></example>
public sealed class Reaction : FieldTerm
{
    private readonly double[] _coefficients;
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly Parameter? learned;
#pragma warning restore IDE1006

    /// <summary>Creates the term.</summary>
    /// <param name="coefficients">a₀, a₁, ….</param>
    /// <param name="isLearned">Whether they are parameters.</param>
    /// <exception cref="ArgumentException">A number is not finite, or there is none.</exception>
    public Reaction(ReadOnlySpan<double> coefficients, bool isLearned = false)
        : base(nameof(Reaction))
    {
        _coefficients = coefficients.ToArray();
        if (_coefficients.Length == 0 || !Array.TrueForAll(_coefficients, double.IsFinite))
        {
            throw new ArgumentException("A reaction has finite coefficients, at least one.", nameof(coefficients));
        }

        learned = isLearned ? new Parameter(LearnedNumbers.Create(_coefficients)) : null;
        RegisterComponents();
    }

    /// <summary>a₀, a₁, ….</summary>
    public IReadOnlyList<double> Coefficients => learned is null ? _coefficients : LearnedNumbers.Read(learned);

    /// <inheritdoc/>
    public override int HighestDerivative => 0;

    /// <inheritdoc/>
    public override Tensor forward(FieldState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        Tensor sum = Start(_coefficients.Length - 1);
        for (int power = _coefficients.Length - 2; power >= 0; power--)
        {
            Tensor product = sum * state.Value;
            sum = learned is null ? product.Plus(_coefficients[power].Held()) : product.Plus(learned[power]);
        }

        return sum.MoveToOuterDisposeScope();

        Tensor Start(int power) => learned is null ? full_like(state.Value, _coefficients[power].Held()) : learned[power].expand_as(state.Value).clone();
    }

    internal override IReadOnlyList<Tensor> Basis(FieldState state)
    {
        if (learned is null)
        {
            return [];
        }

        List<Tensor> powers = [ones_like(state.Value)];
        while (powers.Count < _coefficients.Length)
        {
            powers.Add(powers[^1] * state.Value);
        }

        return powers;
    }

    internal override void SetWeights(ReadOnlySpan<double> weights) => LearnedNumbers.Write(learned!, weights);
}
