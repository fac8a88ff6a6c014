using Microsoft.ML.Implicit.Layers.LatentOde;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>
/// Blocks of four states that observations rotate, a structured linear controlled equation dz = A(dX) z (Walker, Yang, Cirone, Salvi and Lyons, 2025) whose A is
/// block-diagonal and skew. What rotations do not commute in, a diagonal equation cannot follow; and nothing grows or fades, however long the series is.
/// </summary>
internal sealed class RotatingStates : nn.Module
{
    private const int BlockSize = 4;
    private const int GeneratorSize = 6;

    // Rotations of normalised values by half a turn, which undo themselves, are among those at first.
    private const double TurnScale = 2;

    [ComponentName(Name = "turn")]
    private readonly Linear _turn;

    [ComponentName(Name = "start")]
    private readonly Parameter _start;

    private readonly long _blocks;

    /// <param name="width">Width of what is read.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="generator">Source of initial weights.</param>
    public RotatingStates(long width, long blocks, Generator generator)
        : base(nameof(RotatingStates))
    {
        _blocks = blocks;
        _turn = nn.Linear(width, GeneratorSize * blocks);
        Initialization.Uniform(_turn, TurnScale / Math.Sqrt(width), generator);
        _start = new Parameter(randn([blocks, BlockSize, 1], generator: generator));
        RegisterComponents();
    }

    /// <summary>Number of states.</summary>
    public long Count => BlockSize * _blocks;

    /// <param name="values">[batch, points, width].</param>
    /// <returns>[batch, points, <see cref="Count"/>].</returns>
    public Tensor forward(Tensor values)
    {
        Tensor generators = _turn.forward(values).unflatten(2, [_blocks, GeneratorSize]);
        return ProductScan.Run(QuaternionRotation.Of(generators), _start).flatten(2);
    }
}
