using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Training;

/// <summary>What training goes on from after its end: the state of every network that was begun, after its last finished epoch.</summary>
internal sealed class TrainingCheckPoint
{
    private readonly string _path;
    private readonly List<byte[]> _networks = [];
    private TrainingCheckPointFile? _found;
    private TrainingCheckPointFile? _begun;

    private TrainingCheckPoint(string path) => _path = path;

    /// <summary>Seed of the training to go on with, or <see langword="null"/> where there is none.</summary>
    public int? Seed => _found?.Seed;

    /// <summary>Looks for a check point to go on from.</summary>
    /// <exception cref="FormatException">The file is no check point, or was altered.</exception>
    /// <exception cref="ArgumentException">The path is that of a folder.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static TrainingCheckPoint Open(string path)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new ArgumentException($"Training.{nameof(TrainingOptions.CheckpointPath)} names '{full}', which is a folder. Name a file, which may be one in it.", nameof(path));
        }

        string folder = Path.GetDirectoryName(full) ?? full;
        return Directory.Exists(folder)
            ? new TrainingCheckPoint(full) { _found = File.Exists(full) ? TrainingCheckPointFile.Read(full) : null }
            : throw new DirectoryNotFoundException($"Training.{nameof(TrainingOptions.CheckpointPath)} names a file in the folder '{folder}', which does not exist. Create it first.");
    }

    /// <summary>Makes sure that the check point, if there is one, is of this training.</summary>
    /// <exception cref="InvalidOperationException">It is of another one.</exception>
    public void Begin(object options, object?[] data, int seed)
    {
        // Defaults may differ between versions of the library.
        byte[] optionsPrint = Fingerprint.Of(new[] { typeof(TrainingCheckPoint).Assembly.FullName, options });
        byte[] dataPrint = Fingerprint.Of(data);
        if (_found is not null && !_found.Options.AsSpan().SequenceEqual(optionsPrint))
        {
            throw Refusal("with other options, or with another version of this library");
        }

        if (_found is not null && !_found.Data.AsSpan().SequenceEqual(dataPrint))
        {
            throw Refusal("on other data");
        }

        AtomicFile.RemoveLeftovers(_path);
        _networks.AddRange(_found?.Networks ?? []);
        _begun = new TrainingCheckPointFile(seed, optionsPrint, dataPrint, _networks);
    }

    /// <summary>Brings a network to where it was left.</summary>
    /// <param name="index">Networks of the ensemble before it.</param>
    /// <param name="network">Its training.</param>
    /// <returns>Whether it had been begun.</returns>
    /// <exception cref="FormatException">The file holds no state of such a network.</exception>
    public bool Resume(int index, IResumable network)
    {
        if (index >= _networks.Count)
        {
            return false;
        }

        StoredData.Parse(_networks[index], $"check point '{_path}'", reader =>
        {
            network.ReadState(reader);
            return true;
        });
        return true;
    }

    /// <summary>Keeps where a network stands.</summary>
    public void Keep(int index, IResumable network)
    {
        byte[] state = StoredData.Serialize(network.WriteState);
        if (index < _networks.Count)
        {
            _networks[index] = state;
        }
        else
        {
            _networks.Add(state);
        }

        _begun!.Write(_path);
    }

    public void Remove() => File.Delete(_path);

    private InvalidOperationException Refusal(string difference) => new(
        $"Training.{nameof(TrainingOptions.CheckpointPath)} names '{_path}', which is the check point of a training {difference}. "
        + "Go on with those, name another file, or delete this one to train anew.");
}
