using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// A potential energy of bodies that depends on their distances from one another alone, as a perceptron of all distances: forces then act along the lines between bodies, and neither a
/// place nor a direction matters (Noether, 1918), so that momentum and angular momentum stay what they are.
/// </summary>
/// <remarks>Its gradient is not finite where two bodies meet.</remarks>
internal sealed class PairwiseEnergy : EnergyFunction
{
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly SmoothPerceptron perceptron;
#pragma warning restore IDE1006

    private readonly int _axes;
    private readonly (int First, int Second)[] _pairs;

    /// <param name="bodies">Number of bodies, at least two.</param>
    /// <param name="axes">Coordinates of a body, which stand next to each other.</param>
    /// <param name="hiddenWidths">Widths of the hidden layers.</param>
    /// <param name="generator">Source of the initial values.</param>
    public PairwiseEnergy(int bodies, int axes, IReadOnlyList<long> hiddenWidths, Generator generator)
        : base(nameof(PairwiseEnergy))
    {
        _axes = axes;
        _pairs = [.. Enumerable.Range(0, bodies).SelectMany(first => Enumerable.Range(first + 1, bodies - first - 1).Select(second => (first, second)))];
        perceptron = new SmoothPerceptron(_pairs.Length, hiddenWidths, 1, generator, DynamicsActivation.Softplus, null);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor coordinates)
    {
        using DisposeScope scope = NewDisposeScope();
        return perceptron.forward(Lines(coordinates).norm(2)).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Gradient(Tensor coordinates)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor lines = Lines(coordinates), distances = lines.norm(2);
        SmoothPerceptron.Evaluation evaluation = perceptron.Evaluate(distances);
        Tensor pulls = (evaluation.Pullback(ones_like(evaluation.Output)) / distances).unsqueeze(2) * lines;
        Tensor[] forces = [.. Enumerable.Range(0, (int)coordinates.shape[1] / _axes).Select(body => _pairs
            .Select((pair, p) => pair.First == body ? pulls.select(1, p) : pair.Second == body ? pulls.select(1, p).neg() : null)
            .OfType<Tensor>()
            .Aggregate((sum, pull) => sum.Plus(pull)))];
        return cat(forces, 1).MoveToOuterDisposeScope();
    }

    internal override Block? CompileGradient(RowProgramBuilder program, Block coordinates)
    {
        int width = _pairs.Length * _axes;
        Block lines = program.Sum(width, Coordinates().SelectMany(at => new[] { new Product(at.Line, coordinates[at.First]), new Product(at.Line, coordinates[at.Second], Factor: -1) }));
        Block squares = program.Sum(_pairs.Length, Enumerable.Range(0, width).Select(i => new Product(i / _axes, lines[i], lines[i])));
        (Block distances, Block reciprocals) = program.Root(squares);
        Block pulls = program.Multiply(perceptron.Compile(program, distances).Gradient(), reciprocals);
        return program.Sum(coordinates.Width, Coordinates().SelectMany(at => new[]
        {
            new Product(at.First, pulls[at.Line / _axes], lines[at.Line]),
            new Product(at.Second, pulls[at.Line / _axes], lines[at.Line], -1),
        }));
    }

    // Of each coordinate of each line between two bodies, which are its ends'.
    private IEnumerable<(int Line, int First, int Second)> Coordinates() => _pairs.SelectMany((pair, p) =>
        Enumerable.Range(0, _axes).Select(axis => ((p * _axes) + axis, (pair.First * _axes) + axis, (pair.Second * _axes) + axis)));

    // From second to first bodies, [rows, pairs, axes].
    private Tensor Lines(Tensor coordinates)
    {
        Tensor bodies = coordinates.unflatten(1, [-1, _axes]);
        return stack([.. _pairs.Select(pair => bodies.select(1, pair.First) - bodies.select(1, pair.Second))], 1);
    }
}
