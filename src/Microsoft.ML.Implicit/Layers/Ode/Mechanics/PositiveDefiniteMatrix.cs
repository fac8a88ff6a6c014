using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// A symmetric positive definite matrix A(q) = L(q) L(q)ᵀ given by its Cholesky factor, whose entries are those of a perceptron or constant parameters: masses, inverse
/// masses or friction (Lutter, Ritter, Peters, Deep Lagrangian networks, 2019).
/// </summary>
/// <example><code>
/// var mass = new PositiveDefiniteMatrix(dimension: 2, generator, hiddenWidths: [32]);
/// Tensor matrices = mass.forward(torch.zeros(5, 2));              // [5, 2, 2]
/// </code></example>
public sealed class PositiveDefiniteMatrix : nn.Module<Tensor, Tensor>
{
    // log(1 + exp(x)) is 1 here.
    private static readonly double UnitEntry = Math.Log(Math.E - 1);

#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly SmoothPerceptron? perceptron;
    private readonly Parameter? entries;
#pragma warning restore IDE1006
    private readonly double _scale;

    /// <summary>Creates a matrix near a multiple of the identity, in float32.</summary>
    /// <param name="dimension">n, the number of rows and columns, and of positions.</param>
    /// <param name="generator">Source of the initial values.</param>
    /// <param name="hiddenWidths">Widths of the hidden layers of a perceptron of the positions; <see langword="null"/> for a matrix that does not depend on them.</param>
    /// <param name="initialValue">The multiple, greater than zero.</param>
    /// <param name="activation">Activation of the hidden layers: with the hyperbolic tangent the matrix stays bounded wherever a motion goes.</param>
    /// <param name="angles">Which of the positions are angles in radians.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width is less than one, or the multiple not greater than zero.</exception>
    public PositiveDefiniteMatrix(
        long dimension, Generator generator, IReadOnlyList<long>? hiddenWidths = null, double initialValue = 1, DynamicsActivation activation = DynamicsActivation.Tanh, IReadOnlyCollection<int>? angles = null)
        : base(nameof(PositiveDefiniteMatrix))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(initialValue);
        Dimension = dimension;
        _scale = Math.Sqrt(initialValue);

        // Entries above the diagonal are not used: leaving them out would cost a gather in every evaluation.
        perceptron = hiddenWidths is null ? null : new SmoothPerceptron(dimension, hiddenWidths, dimension * dimension, generator, activation, angles);
        entries = hiddenWidths is null ? new Parameter(zeros(1, dimension * dimension)) : null;
        RegisterComponents();
    }

    /// <summary>n.</summary>
    public long Dimension { get; }

    /// <summary>Evaluates A(q).</summary>
    /// <param name="positions">q, <c>[rows, n]</c>.</param>
    /// <returns><c>[rows, n, n]</c>.</returns>
    public override Tensor forward(Tensor positions)
    {
        ArgumentNullException.ThrowIfNull(positions);
        using DisposeScope scope = NewDisposeScope();
        Tensor factor = Factorize(positions).Factor;
        return factor.matmul(factor.transpose(1, 2)).MoveToOuterDisposeScope();
    }

    internal CholeskyFactor Factorize(Tensor positions)
    {
        if (positions.dim() != 2 || positions.shape[1] != Dimension)
        {
            throw new ArgumentException($"Positions have shape [{string.Join(", ", positions.shape)}] for a matrix of {Dimension} rows; needed are [rows, {Dimension}].", nameof(positions));
        }

        SmoothPerceptron.Evaluation? evaluation = perceptron?.Evaluate(positions);
        Tensor raw = (evaluation?.Output ?? entries!.expand(positions.shape[0], -1)).view(-1, Dimension, Dimension);
        Tensor diagonal = raw.diagonal(0, 1, 2).Plus(UnitEntry.Held());
        Tensor factor = raw.tril(-1).Plus(diag_embed(diagonal.Softplus())) * _scale.Held();
        return new CholeskyFactor(factor, diagonal.sigmoid(), _scale, evaluation);
    }

    /// <summary><see cref="Factorize"/> in a program.</summary>
    internal FactorBlocks Compile(RowProgramBuilder program, Block positions)
    {
        int n = (int)Dimension;
        PerceptronBlocks? evaluation = perceptron?.Compile(program, positions);
        Block raw = evaluation?.Output ?? program.Constant(entries!);
        Block diagonal = program.Sum(n, Enumerable.Range(0, n).Select(i => new Product(i, raw[(i * n) + i])));
        (Block value, Block slopes) = program.Activate(diagonal, DynamicsActivation.Softplus, UnitEntry);
        Block factor = program.Sum(n * n, Enumerable.Range(0, n).SelectMany(i => Enumerable.Range(0, i + 1).Select(j =>
            new Product((i * n) + j, i == j ? value[i] : raw[(i * n) + j], Factor: _scale))));
        return new FactorBlocks(program, factor, slopes, _scale, evaluation);
    }
}
