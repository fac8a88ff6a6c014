using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>
/// One layer of linear recurrences with a gate, beside a direct connection (Orvieto et al., Resurrecting recurrent neural networks for long sequences, 2023;
/// Smith, Warrington and Linderman, Simplified state space layers for sequence modeling, 2023).
/// </summary>
internal sealed class RecurrenceLayer : nn.Module
{
    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    [ComponentName(Name = "input")]
    private readonly Linear _input;

    [ComponentName(Name = "output")]
    private readonly Linear _output;

    [ComponentName(Name = "gate")]
    private readonly Linear _gate;

    [ComponentName(Name = "log_decays")]
    private readonly Parameter _logDecays;

    [ComponentName(Name = "frequencies")]
    private readonly Parameter _frequencies;

    [ComponentName(Name = "rotation")]
    private readonly RotatingStates? _rotation;

    private readonly long _states;

    /// <param name="width">Width of the layer.</param>
    /// <param name="states">Number of recurrences.</param>
    /// <param name="rotations">Number of blocks of states that observations rotate.</param>
    /// <param name="memory">The longest time constant at first, in median gaps.</param>
    /// <param name="generator">Source of initial weights.</param>
    public RecurrenceLayer(long width, long states, long rotations, double memory, Generator generator)
        : base(nameof(RecurrenceLayer))
    {
        _states = states;
        _norm = nn.LayerNorm(width);
        _input = Initialization.Linear(width, 2 * states, generator);
        _rotation = rotations > 0 ? new RotatingStates(width, rotations, generator) : null;
        _output = Initialization.Linear((2 * states) + (_rotation?.Count ?? 0) + width, width, generator);
        _gate = Initialization.Linear(width, 2 * width, generator);

        // Time constants from one gap to the memory, evenly in their logarithm; half a turn a gap at most, which tells neighbours apart.
        using Tensor places = rand(states, generator: generator), turns = rand(states, generator: generator);
        _logDecays = new Parameter((places * (-Math.Log(Math.Max(memory, 2))).Held()).clone());
        _frequencies = new Parameter((turns.Squared() * Math.PI.Held()).clone());
        RegisterComponents();
    }

    /// <param name="times">float64 [batch, points], not decreasing, in median gaps.</param>
    /// <param name="values">[batch, points, width].</param>
    /// <param name="changes">What else is told of a point, [batch, points, width]; rotations do not see it: that of a letter does not depend on the letter before.</param>
    /// <param name="isPoint">1 for a row's points and 0 behind them, [batch, points, 1].</param>
    public Tensor forward(Tensor times, Tensor values, Tensor? changes, Tensor isPoint)
    {
        Tensor told = changes is null ? values : values.Plus(changes);
        Tensor normalized = _norm.forward(told);
        Tensor decays = _logDecays.exp();

        // Inputs of mean square 1 at every gap give states of mean square 1.
        Tensor gain = 1.Held().Minus(((-2).Held() * decays).exp()).sqrt();
        Tensor inputs = _input.forward(normalized) * isPoint;
        (Tensor real, Tensor imaginary) = LinearRecurrence.Scan(
            times, (decays.neg(), _frequencies), (inputs.narrow(2, 0, _states) * gain, inputs.narrow(2, _states, _states) * gain));
        Tensor[] rotated = _rotation is null ? [] : [_rotation.forward(changes is null ? normalized : _norm.forward(values))];
        Tensor hidden = nn.functional.gelu(_output.forward(cat([real, imaginary, .. rotated, normalized], 2)));
        return told.Plus(nn.functional.glu(_gate.forward(hidden), 2));
    }
}
