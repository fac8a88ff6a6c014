using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>What a training that was killed leaves beside its check point.</summary>
[TestClass]
public sealed class AtomicFileLeftoverTests
{
    [TestMethod]
    public void Training_that_begins_again_removes_the_temporary_files_of_its_check_point_and_no_others()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string path = Path.Combine(folder, "check[1].point");
            string[] kept = [$"{path}.notes.tmp", Path.Combine(folder, "other.point.abcdefgh.ijk.tmp"), $"{path}.{Path.GetRandomFileName()}"];
            string[] leftover = [$"{path}.{Path.GetRandomFileName()}.tmp", $"{path}.{Path.GetRandomFileName()}.tmp"];
            Array.ForEach([.. kept, .. leftover], file => File.WriteAllText(file, "half"));
            TrainingCheckPoint.Open(path).Begin(new LatentOdeOptions(), [], 1);
            CollectionAssert.AreEquivalent(kept, Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
