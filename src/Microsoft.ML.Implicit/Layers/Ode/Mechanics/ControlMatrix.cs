using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>g(q): what forces a control exerts on the positions, constant or by a perceptron of the positions (Zhong, Dey, Chakraborty, Symplectic ODE-Net, 2020).</summary>
/// <example><code>
/// var controlled = new HamiltonianDynamics(energy, control: new ControlMatrix(positions: 1, controls: 1, generator));
/// Tensor forced = new NeuralOde(controlled).forward(torch.ones(5, 3), times);      // [times, 5, 3]: q, p and the control, which is held
/// </code></example>
public sealed class ControlMatrix : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly SmoothPerceptron? perceptron;
    private readonly Parameter? entries;
#pragma warning restore IDE1006
    private readonly long _positions;

    /// <summary>Creates the matrix, in float32; a constant one starts at zero.</summary>
    /// <param name="positions">n, the number of positions.</param>
    /// <param name="controls">m, the number of controls.</param>
    /// <param name="generator">Source of the initial values.</param>
    /// <param name="hiddenWidths">Widths of the hidden layers of a perceptron of the positions; <see langword="null"/> for a matrix that does not depend on them.</param>
    /// <param name="activation">Activation of the hidden layers.</param>
    /// <param name="angles">Which of the positions are angles in radians.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width is less than one.</exception>
    public ControlMatrix(long positions, long controls, Generator generator, IReadOnlyList<long>? hiddenWidths = null, DynamicsActivation activation = DynamicsActivation.Tanh, IReadOnlyCollection<int>? angles = null)
        : base(nameof(ControlMatrix))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(positions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(controls, 1);
        ArgumentNullException.ThrowIfNull(generator);
        (_positions, Controls) = (positions, controls);
        perceptron = hiddenWidths is null ? null : new SmoothPerceptron(positions, hiddenWidths, positions * controls, generator, activation, angles);
        entries = hiddenWidths is null ? new Parameter(zeros(1, positions * controls)) : null;
        RegisterComponents();
    }

    /// <summary>m.</summary>
    public long Controls { get; }

    /// <summary>Evaluates g(q).</summary>
    /// <param name="positions">q, <c>[rows, n]</c>.</param>
    /// <returns><c>[rows, n, m]</c>.</returns>
    public override Tensor forward(Tensor positions)
    {
        ArgumentNullException.ThrowIfNull(positions);
        using DisposeScope scope = NewDisposeScope();
        return (perceptron?.forward(positions) ?? entries!.expand(positions.shape[0], -1)).view(-1, _positions, Controls).MoveToOuterDisposeScope();
    }

    /// <summary>g(q) in a program, row by row.</summary>
    internal Block Compile(RowProgramBuilder program, Block positions) => perceptron?.Compile(program, positions).Output ?? program.Constant(entries!);
}
