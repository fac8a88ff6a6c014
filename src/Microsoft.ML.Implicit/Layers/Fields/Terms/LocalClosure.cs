using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields.Terms;

/// <summary>
/// A learned part of ∂u/∂t: one small network at all points, of the field and its derivatives there. It is a polynomial of second degree, which most known equations
/// are, plus a perceptron with one hidden layer. What is learned does not depend on the number of points.
/// </summary>
/// <example><code>
/// var closure = new LocalClosure(components: 1, axes: 1, highestDerivative: 2, hiddenWidth: 16, generator);
/// var learned = new FieldDynamics(grid, DerivativeScheme.FourthOrder, new Diffusion(0.1), closure);
/// </code></example>
public sealed class LocalClosure : FieldTerm
{
#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly Parameter constant;
    private readonly Parameter linear;
    private readonly Parameter quadratic;
    private readonly Linear hidden;
    private readonly Linear output;
#pragma warning restore IDE1006

    // Steepness of hidden units where their inputs are of size one.
    private const double HiddenSpread = 3;

    private readonly int _components;
    private readonly int _axes;
    private readonly double? _largestRate;

    /// <summary>Creates the term; it is 0 at first.</summary>
    /// <param name="components">Components of the field.</param>
    /// <param name="axes">Axes of the grid.</param>
    /// <param name="highestDerivative">Highest derivative along each axis that it sees; 0 for the field alone.</param>
    /// <param name="hiddenWidth">Width of the perceptron's hidden layer.</param>
    /// <param name="generator">Source of the initial values.</param>
    /// <param name="largestRate">What the learned rate of change is smoothly kept below in size, so that no solution explodes; <see langword="null"/> for no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is too small.</exception>
    public LocalClosure(int components, int axes, int highestDerivative, int hiddenWidth, Generator generator, double? largestRate = null)
        : base(nameof(LocalClosure))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(components, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(axes, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(highestDerivative);
        ArgumentOutOfRangeException.ThrowIfLessThan(hiddenWidth, 1);
        ArgumentNullException.ThrowIfNull(generator);
        if (largestRate is { } limit && !(limit > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(largestRate), limit, "The largest rate must be greater than zero.");
        }

        (_components, _axes, HighestDerivative, _largestRate) = (components, axes, highestDerivative, largestRate);
        InputCount = components * (1 + (axes * highestDerivative));
        constant = new Parameter(zeros(components));
        linear = new Parameter(zeros(InputCount, components));
        quadratic = new Parameter(zeros(InputCount, components * InputCount));
        hidden = nn.Linear(InputCount, hiddenWidth);
        output = nn.Linear(hiddenWidth, components, hasBias: false);
        using IDisposable noGradient = no_grad();
        double bound = 1 / Math.Sqrt(InputCount);
        hidden.weight.uniform_(-bound, bound, generator);
        hidden.bias!.uniform_(-bound, bound, generator);
        output.weight.zero_();
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override int HighestDerivative { get; }

    /// <summary>Numbers that it sees at a point.</summary>
    internal int InputCount { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The field has other components, or the grid other axes.</exception>
    public override Tensor forward(FieldState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Value.shape[1] != _components || state.AxisCount != _axes)
        {
            throw new ArgumentException($"The closure is one of {_components} components on {_axes} axes, and the field has {state.Value.shape[1]} on {state.AxisCount}.", nameof(state));
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor inputs = Inputs(state);
        Tensor slopes = inputs.matmul(quadratic).view([.. inputs.shape[..^1], _components, InputCount]);
        Tensor polynomial = inputs.matmul(linear).Plus(constant).Plus((slopes * inputs.unsqueeze(-2)).sum(-1));
        Tensor rate = polynomial.Plus(output.forward(hidden.forward(inputs).tanh()));
        if (_largestRate is { } largest)
        {
            rate = (rate / largest.Held()).tanh() * largest.Held();
        }

        return rate.movedim([-1], [1]).MoveToOuterDisposeScope();
    }

    /// <summary>How many fields of <see cref="Basis"/> the polynomial has; those of the network follow.</summary>
    internal int PolynomialSize => 1 + InputCount + Pairs().Count();

    // Of a field of one component: 1, the inputs and their products, and what the hidden units make of the inputs.
    internal override IReadOnlyList<Tensor> Basis(FieldState state)
    {
        Tensor inputs = Inputs(state).unsqueeze(1);
        Tensor[] single = [.. Enumerable.Range(0, InputCount).Select(i => inputs.select(-1, i))];
        Tensor units = inputs.matmul(hidden.weight.t().to(inputs.dtype)).Plus(hidden.bias!.to(inputs.dtype)).tanh();
        return [ones_like(state.Value), .. single, .. Pairs().Select(pair => single[pair.Left] * single[pair.Right]), .. units.unbind(-1)];
    }

    /// <summary>
    /// Spreads the hidden units over what they see, whose parts may be of any size: one half over the values of the field alone, as reactions are functions of these, the others over all.
    /// </summary>
    /// <param name="state">Fields, float64 on the CPU.</param>
    internal void Spread(FieldState state)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor inputs = Inputs(state).reshape(-1, InputCount);
        double[] steepness = [.. inputs.Squared().mean([0]).sqrt().data<double>().Select(size => size > 0 ? HiddenSpread / size : HiddenSpread)];
        double[] lowest = [.. inputs.amin([0]).data<double>()], highest = [.. inputs.amax([0]).data<double>()];
        hidden.weight.mul_(NativeTensor.Of(steepness, [InputCount]).to(hidden.weight.dtype));
        hidden.bias!.mul_(HiddenSpread.Held());
        int count = (int)hidden.weight.shape[0] / 2;
        for (int unit = 0; unit < count; unit++)
        {
            int component = unit % _components;
            double place = lowest[component] + ((highest[component] - lowest[component]) * (unit + 1) / (count + 1));
            LearnedNumbers.Write(hidden.weight[unit], [.. Enumerable.Range(0, InputCount).Select(input => input == component ? steepness[input] : 0)]);
            LearnedNumbers.Write(hidden.bias[unit], -place * steepness[component]);
        }
    }

    internal override void SetWeights(ReadOnlySpan<double> weights)
    {
        double[] products = new double[InputCount * InputCount];
        int next = 1 + InputCount;
        foreach ((int left, int right) in Pairs())
        {
            products[(left * InputCount) + right] = weights[next++];
        }

        LearnedNumbers.Write(constant, weights[..1]);
        LearnedNumbers.Write(linear, weights.Slice(1, InputCount));
        LearnedNumbers.Write(quadratic, products);
        LearnedNumbers.Write(output.weight, weights[next..]);
    }

    private IEnumerable<(int Left, int Right)> Pairs() => Enumerable.Range(0, InputCount).SelectMany(left => Enumerable.Range(left, InputCount - left).Select(right => (left, right)));

    // [batch, points..., inputs].
    private Tensor Inputs(FieldState state)
    {
        IEnumerable<Tensor> derivatives = Enumerable.Range(0, _axes).SelectMany(axis => Enumerable.Range(1, HighestDerivative).Select(order => state.Derivative(axis, order)));
        return cat([state.Value, .. derivatives], 1).movedim([1], [-1]);
    }
}
