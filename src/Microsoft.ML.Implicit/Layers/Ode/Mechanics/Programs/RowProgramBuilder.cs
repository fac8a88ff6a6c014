using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>Writes a <see cref="RowProgram"/>: each method appends an operation and returns the block of its values.</summary>
internal sealed class RowProgramBuilder
{
    private readonly List<RowOperation> _operations = [];
    private readonly List<Tensor> _parameters = [];
    private readonly Dictionary<Tensor, int> _places = new(ReferenceEqualityComparer.Instance);
    private int _parameterCount;
    private int _width;

    /// <summary>Columns that nothing has been computed for yet.</summary>
    public Block Reserve(int width)
    {
        _width += width;
        return new Block(_width - width, width);
    }

    /// <summary>x W + b.</summary>
    public Block Affine(Block x, Tensor weight, Tensor? bias = null)
    {
        Block y = Reserve((int)weight.shape[1]);
        _operations.Add(new AffineOperation(x, y, Place(weight), bias is null ? -1 : Place(bias), isTransposed: false));
        return y;
    }

    /// <summary>x Wᵀ.</summary>
    public Block AffineTransposed(Block x, Tensor weight)
    {
        Block y = Reserve((int)weight.shape[0]);
        _operations.Add(new AffineOperation(x, y, Place(weight), bias: -1, isTransposed: true));
        return y;
    }

    /// <summary>σ(x + shift) and σ'(x + shift).</summary>
    public (Block Value, Block Derivative) Activate(Block x, DynamicsActivation activation, double shift = 0)
    {
        (Block y, Block d) = (Reserve(x.Width), Reserve(x.Width));
        _operations.Add(new ActivationOperation(x, y, d, activation, shift));
        return (y, d);
    }

    /// <summary>A parameter's numbers, the same for all rows.</summary>
    public Block Constant(Tensor parameter)
    {
        Block y = Reserve((int)parameter.numel());
        _operations.Add(new ParameterOperation(y, Place(parameter)));
        return y;
    }

    /// <summary>Sums of products.</summary>
    public Block Sum(int width, IEnumerable<Product> products)
    {
        Block y = Reserve(width);
        _operations.Add(new SumOperation(y, [.. products]));
        return y;
    }

    /// <summary>x ∘ y.</summary>
    public Block Multiply(Block x, Block y) => Sum(x.Width, Enumerable.Range(0, x.Width).Select(i => new Product(i, x[i], y[i])));

    /// <summary>The weighted sum of blocks of one width.</summary>
    public Block Add(params (Block Block, double Factor)[] blocks) =>
        Sum(blocks[0].Block.Width, blocks.SelectMany(block => Enumerable.Range(0, block.Block.Width).Select(i => new Product(i, block.Block[i], Factor: block.Factor))));

    /// <summary>Blocks side by side.</summary>
    public Block Join(Block first, Block second) => Sum(
        first.Width + second.Width,
        Enumerable.Range(0, first.Width).Select(i => new Product(i, first[i])).Concat(Enumerable.Range(0, second.Width).Select(i => new Product(first.Width + i, second[i]))));

    /// <summary>A v with A in rows of v's width, or Aᵀ v.</summary>
    public Block Times(Block matrix, Block v, bool isTransposed = false)
    {
        int columns = isTransposed ? matrix.Width / v.Width : v.Width, rows = matrix.Width / columns;
        return Sum(
            isTransposed ? columns : rows,
            Enumerable.Range(0, rows).SelectMany(i => Enumerable.Range(0, columns).Select(j => isTransposed ? new Product(j, matrix[(i * columns) + j], v[i]) : new Product(i, matrix[(i * columns) + j], v[j]))));
    }

    /// <summary>L⁻¹ b or L⁻ᵀ b.</summary>
    public Block Solve(Block factor, Block b, bool isTransposed)
    {
        Block y = Reserve(b.Width);
        _operations.Add(new TriangularSolveOperation(factor, b, y, isTransposed));
        return y;
    }

    /// <summary>Puts the sine and the cosine of a value into two columns.</summary>
    public void SineAndCosine(int angle, int sine, int cosine) => _operations.Add(new AngleOperation(angle, sine, cosine));

    /// <summary>√x and 1/√x.</summary>
    public (Block Root, Block Reciprocal) Root(Block x)
    {
        (Block root, Block reciprocal) = (Reserve(x.Width), Reserve(x.Width));
        for (int i = 0; i < x.Width; i++)
        {
            _operations.Add(new RootOperation(x[i], root[i], reciprocal[i]));
        }

        return (root, reciprocal);
    }

    public RowProgram Build(Block input, Block controls, Block output) => new([.. _operations], [.. _parameters], _width, input, controls, output);

    private int Place(Tensor parameter)
    {
        if (!_places.TryGetValue(parameter, out int place))
        {
            place = _parameterCount;
            _places.Add(parameter, place);
            _parameters.Add(parameter);
            _parameterCount += (int)parameter.numel();
        }

        return place;
    }
}
