using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Managed;

/// <summary>
/// An explicit Runge-Kutta method in managed memory: each tile of rows goes through a whole step while it lies in the
/// processor's cache, and the error norm is all that tiles share.
/// </summary>
internal sealed unsafe class ManagedRungeKuttaStepper : CommonStepper
{
    private readonly ManagedDynamics _dynamics;
    private readonly ExplicitRungeKutta _method;
    private readonly Tensor _outputs;
    private readonly int _rows;
    private readonly int _tileLength;
    private readonly int _stagesLength;
    private readonly float[][] _weights;
    private readonly float[] _errorWeights;
    private readonly float[] _correctionWeights;
    private readonly double[] _errors;
    private readonly double[] _corrections;
    private readonly int _scratchLength;
    private readonly TileLoop _loop;
    private readonly AlignedBuffer _state;
    private readonly AlignedBuffer _trial;
    private readonly AlignedBuffer _stages;
    private readonly AlignedBuffer _scratch;
    private OdeStep _step;
    private int _stagesReady;
    private bool _movePending;

    public ManagedRungeKuttaStepper(ManagedDynamics dynamics, ExplicitRungeKutta method, Tensor initialState, Tensor outputs)
    {
        _dynamics = dynamics;
        _method = method;
        _outputs = outputs;
        _rows = (int)(initialState.numel() / dynamics.Dimension);
        RowCount = (int)initialState.shape[0];
        int tiles = Tile.Count(_rows);
        _tileLength = Tile.Pad(dynamics.Dimension) * Tile.Lanes;
        _stagesLength = method.StageCount * _tileLength;
        _weights = [.. method.A.Select(row => new float[row.Length])];
        _errorWeights = [.. method.ErrorWeights.Select(w => (float)w)];
        _correctionWeights = [.. method.CorrectionWeights.Select(w => (float)w)];
        _errors = new double[tiles];
        _corrections = new double[tiles];
        _scratchLength = 2 * _tileLength + dynamics.ScratchLength;
        _loop = new TileLoop(tiles, get_num_threads(), dynamics.WorkPerRow * Tile.Lanes * method.EndStage);
        _state = new AlignedBuffer((long)tiles * _tileLength);
        _trial = new AlignedBuffer((long)tiles * _tileLength);
        _stages = new AlignedBuffer((long)tiles * _stagesLength);
        _scratch = new AlignedBuffer((long)_loop.ChunkCount * _scratchLength);
        dynamics.ReserveTimes(method.StageCount);
        float* source = initialState.Pointer<float>();
        for (int tile = 0; tile < tiles; tile++)
        {
            Tile.Load(source, _rows, dynamics.Dimension, tile, State(tile));
        }
    }

    public override int RowCount { get; }

    public override double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control)
    {
        _step = new OdeStep(segment.Start, 0, segment);
        EvaluateStages(0, 1);
        double d0 = Norm(control, (chunk, tile) => State(tile));
        double d1 = Norm(control, (chunk, tile) => Stage(tile, 0));
        double h0 = InitialStep.FirstGuess(d0, d1, segment.Length);
        if (!double.IsFinite(h0))
        {
            return double.NaN;
        }

        // f at the Euler step's end goes to the second stage's place, which the first real step overwrites.
        double signed = segment.Direction * h0;
        float[] euler = [(float)signed];
        _dynamics.SetTime(1, segment.Clamp(segment.Start + signed));
        Evaluations++;
        double d2 = Norm(control, (chunk, tile) =>
        {
            float* point = Scratch(chunk);
            TileAlgebra.Combine(State(tile), Stage(tile, 0), euler, _tileLength, point);
            _dynamics.Evaluate(1, tile, point, Stage(tile, 1), point + 2 * _tileLength);
            TileAlgebra.Combine(null, Stage(tile, 0), [-1f, 1f], _tileLength, point);
            return point;
        });
        return InitialStep.Estimate(h0, d1, d2 / h0, _method.Order);
    }

    public override double TryStep(OdeStep step, AdaptiveStepControl? control)
    {
        _step = step;
        int last = control is null ? _method.EndStage : Math.Max(_method.EndStage, _errorWeights.Length);
        int first = Math.Min(_stagesReady, 1);
        PrepareStages(first, last);
        bool move = _movePending;
        int endStage = _method.EndStage;
        _loop.Run((chunk, tile) =>
        {
            if (move)
            {
                Move(tile);
            }

            EvaluateStages(chunk, tile, first, endStage);
            TileAlgebra.Combine(State(tile), Stage(tile, 0), _weights[endStage], _tileLength, Trial(tile));
            EvaluateStages(chunk, tile, endStage, last);
            if (control is not null)
            {
                _errors[tile] = SumSquaredErrors(chunk, tile, _errorWeights, control);
                _corrections[tile] = _correctionWeights.Length > 0 ? SumSquaredErrors(chunk, tile, _correctionWeights, control) : 0;
            }
        });
        _movePending = false;
        _stagesReady = last;
        if (control is null)
        {
            return 0;
        }

        double error = Rms(_errors);
        return Math.Abs(step.Size) * (_correctionWeights.Length > 0 ? RungeKutta.CombineErrors(error, Rms(_corrections)) : error);
    }

    public override void WriteOutputs(int firstOutput, ReadOnlySpan<double> thetas)
    {
        EvaluateStages(_stagesReady, _method.DenseStages * (thetas is [1.0] ? 0 : 1));
        double[,] weights = _method.DenseWeights(thetas, _step.Size);
        float[][] rows = [.. Enumerable.Range(0, thetas.Length).Select(m => Enumerable.Range(0, _method.DenseStages).Select(i => (float)weights[m, i]).ToArray())];
        int interpolated = thetas is [.., 1.0] ? thetas.Length - 1 : thetas.Length;
        long stride = (long)_rows * _dynamics.Dimension;
        float* output = _outputs.Pointer<float>() + firstOutput * stride;
        _loop.Run((chunk, tile) =>
        {
            float* point = Scratch(chunk);
            for (int m = 0; m < interpolated; m++)
            {
                TileAlgebra.Combine(State(tile), Stage(tile, 0), rows[m], _tileLength, point);
                Tile.Store(point, _rows, _dynamics.Dimension, tile, output + m * stride);
            }

            if (interpolated < rows.Length)
            {
                Tile.Store(Trial(tile), _rows, _dynamics.Dimension, tile, output + interpolated * stride);
            }
        });
    }

    public override void Accept()
    {
        _movePending = true;
        _stagesReady = _stagesReady > _method.EndStage ? 1 : 0;
    }

    public override void Restart()
    {
        _stagesReady = 0;
        if (_movePending)
        {
            _loop.Run((_, tile) => Move(tile));
            _movePending = false;
        }
    }

    public override Tensor CopyState()
    {
        Tensor copy = empty_like(_outputs[0]);
        float* destination = copy.Pointer<float>();
        for (int tile = 0; tile < _errors.Length; tile++)
        {
            Tile.Store(State(tile), _rows, _dynamics.Dimension, tile, destination);
        }

        return copy;
    }

    protected override double[] RowErrors(AdaptiveStepControl control)
    {
        double[] first = RowErrors(_errorWeights, control);
        double[] errors = _correctionWeights.Length == 0 ? first : [.. first.Zip(RowErrors(_correctionWeights, control), RungeKutta.CombineErrors)];
        return Array.ConvertAll(errors, error => Math.Abs(_step.Size) * error);
    }

    protected override void Dispose(bool disposing)
    {
        _dynamics.Dispose();
        _state.Dispose();
        _trial.Dispose();
        _stages.Dispose();
        _scratch.Dispose();
    }

    // All tiles; for stages outside the main pass of a step.
    private void EvaluateStages(int from, int to)
    {
        if (from < to)
        {
            PrepareStages(from, to);
            _loop.Run((chunk, tile) => EvaluateStages(chunk, tile, from, to));
            _stagesReady = to;
        }
    }

    private void PrepareStages(int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            _dynamics.SetTime(i, _step.At(_method.C[i]));
        }

        for (int i = 0; i < _weights.Length; i++)
        {
            for (int j = 0; j < _weights[i].Length; j++)
            {
                _weights[i][j] = (float)(_method.A[i][j] * _step.Size);
            }
        }

        Evaluations += to - from;
    }

    private void EvaluateStages(int chunk, int tile, int from, int to)
    {
        float* scratch = Scratch(chunk);
        for (int i = from; i < to; i++)
        {
            float* point = i == 0 ? State(tile) : i == _method.EndStage ? Trial(tile) : scratch;
            if (point == scratch)
            {
                TileAlgebra.Combine(State(tile), Stage(tile, 0), _weights[i], _tileLength, scratch);
            }

            _dynamics.Evaluate(i, tile, point, Stage(tile, i), scratch + 2 * _tileLength);
        }
    }

    // The end of the last step becomes the start of this one; its end stage, where evaluated, becomes the first stage.
    private void Move(int tile)
    {
        new ReadOnlySpan<float>(Trial(tile), _tileLength).CopyTo(new Span<float>(State(tile), _tileLength));
        if (_stagesReady > 0)
        {
            new ReadOnlySpan<float>(Stage(tile, _method.EndStage), _tileLength).CopyTo(new Span<float>(Stage(tile, 0), _tileLength));
        }
    }

    private delegate float* TileValue(int chunk, int tile);

    private double Norm(AdaptiveStepControl control, TileValue value)
    {
        _loop.Run((chunk, tile) => _errors[tile] = TileAlgebra.SumScaledSquares(
            value(chunk, tile), State(tile), State(tile), _tileLength, LanesIn(tile), (float)control.RelativeTolerance, (float)control.AbsoluteTolerance));
        return Rms(_errors);
    }

    private double SumSquaredErrors(int chunk, int tile, float[] weights, AdaptiveStepControl control)
    {
        float* error = Scratch(chunk);
        TileAlgebra.Combine(null, Stage(tile, 0), weights, _tileLength, error);
        return TileAlgebra.SumScaledSquares(error, State(tile), Trial(tile), _tileLength, LanesIn(tile), (float)control.RelativeTolerance, (float)control.AbsoluteTolerance);
    }

    private double[] RowErrors(float[] weights, AdaptiveStepControl control)
    {
        double[] squares = new double[RowCount];
        int rowsPerEntry = _rows / RowCount;
        float* error = Scratch(0);
        for (int row = 0; row < _rows; row++)
        {
            (int tile, int lane) = Math.DivRem(row, Tile.Lanes);
            if (lane == 0)
            {
                TileAlgebra.Combine(null, Stage(tile, 0), weights, _tileLength, error);
            }

            squares[row / rowsPerEntry] += TileAlgebra.SumScaledSquaresOfLane(error, State(tile), Trial(tile), _tileLength, lane, control.RelativeTolerance, control.AbsoluteTolerance);
        }

        return Array.ConvertAll(squares, sum => Math.Sqrt(sum / (rowsPerEntry * _dynamics.Dimension)));
    }

    // Summed in the order of the tiles, so that the result does not depend on the number of threads.
    private double Rms(double[] squares) => Math.Sqrt(squares.Sum() / ((double)_rows * _dynamics.Dimension));

    private int LanesIn(int tile) => Math.Min(Tile.Lanes, _rows - tile * Tile.Lanes);

    private float* State(int tile) => _state.Pointer + (long)tile * _tileLength;

    private float* Trial(int tile) => _trial.Pointer + (long)tile * _tileLength;

    private float* Stage(int tile, int stage) => _stages.Pointer + (long)tile * _stagesLength + stage * _tileLength;

    private float* Scratch(int chunk) => _scratch.Pointer + (long)chunk * _scratchLength;
}
