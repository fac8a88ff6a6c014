using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;

namespace Microsoft.ML.Implicit.Layers.LatentSde.Managed;

/// <summary>The noise of the paths of one row, some steps at a time, in rows of whole panels whose padding is zero.</summary>
internal sealed unsafe class PathIncrements : IDisposable
{
    private readonly PathNoise _noise;
    private readonly long[] _seeds;
    private readonly double[] _times;
    private readonly int _latent;
    private readonly int _stride;
    private readonly BrownianPath _path;
    private readonly AlignedBuffer _increments;
    private readonly AlignedBuffer? _areas;
    private readonly float[] _numbers;
    private int _first;

    /// <param name="noise">The noise of all rows.</param>
    /// <param name="seeds">Seeds of those paths whose noise is wanted; where noise is common, each of them has one with the opposite noise behind all of the others.</param>
    /// <param name="times">Times of the steps.</param>
    /// <param name="latent">Width of the state.</param>
    /// <param name="stride">Floats from a path's noise to the next one's.</param>
    /// <param name="stepsAtOnce">Most steps that are read at once.</param>
    /// <param name="hasAreas">Whether space-time Lévy areas are wanted beside the increments.</param>
    public PathIncrements(PathNoise noise, long[] seeds, double[] times, int latent, int stride, int stepsAtOnce, bool hasAreas)
    {
        (_noise, _seeds, _times, _latent, _stride) = (noise, seeds, times, latent, stride);
        _path = noise.Along(times, latent, seeds);
        _increments = new AlignedBuffer((long)Length * stepsAtOnce);
        _areas = hasAreas ? new AlignedBuffer((long)Length * stepsAtOnce) : null;
        _numbers = new float[seeds.Length * latent];
    }

    /// <summary>Floats of the noise of all paths in a step.</summary>
    public int Length => (_noise.IsCommon ? 2 : 1) * _seeds.Length * _stride;

    /// <summary>Reads some steps, in place of those before.</summary>
    public void Read(int first, int last)
    {
        _first = first;
        for (int step = first; step < last; step++)
        {
            _path.CopyIncrement(_times[step], _times[step + 1], _numbers);
            Write(Increment(step));
            if (_areas is not null)
            {
                _path.CopyArea(_times[step], _times[step + 1], _numbers);
                Write(Area(step));
            }
        }
    }

    /// <summary>Standard normal numbers of the initial states.</summary>
    public void ReadInitial(float* noise)
    {
        new BrownianPath(PathNoise.OfInitialStates(_seeds), _latent, 0, 1).CopyIncrement(0, 1, _numbers);
        Write(noise);
    }

    /// <summary>Increments in a step that was read.</summary>
    public float* Increment(int step) => _increments.Pointer + ((long)(step - _first) * Length);

    /// <summary>Space-time Lévy areas in a step that was read.</summary>
    public float* Area(int step) => _areas!.Pointer + ((long)(step - _first) * Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        _increments.Dispose();
        _areas?.Dispose();
    }

    private void Write(float* rows)
    {
        for (int path = 0; path < _seeds.Length; path++)
        {
            float* row = rows + ((long)path * _stride), opposite = row + ((long)_seeds.Length * _stride);
            for (int d = 0; d < _latent; d++)
            {
                row[d] = _numbers[(path * _latent) + d];
                if (_noise.IsCommon)
                {
                    opposite[d] = -row[d];
                }
            }
        }
    }
}
